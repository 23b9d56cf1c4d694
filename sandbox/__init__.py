"""A stand-in for the LinkedIn part of Unipile's API, to try SendQ out and to test it."""
