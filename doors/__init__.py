"""How do other programs come in, and hear of things? The API with its keys, webhooks going out."""
