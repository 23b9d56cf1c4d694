"""A stand-in for the LinkedIn part of the Unipile REST API v1, to try SendQ out and to test it."""
