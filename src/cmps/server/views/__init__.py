"""What the API takes and answers: pydantic models, so that OpenAPI describes every field."""
