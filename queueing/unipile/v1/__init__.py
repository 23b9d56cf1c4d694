"""What does version 1 of Unipile's API say? Known outside of this folder to `choosing` alone."""
