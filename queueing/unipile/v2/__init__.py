"""What does version 2 of Unipile's API say? Known outside of this folder to `choosing` alone."""
