"""What may programs ask, and how? The routes under /api/v1, described as OpenAPI by their types."""
