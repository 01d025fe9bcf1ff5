"""The earlier methods of Table 1: each one a small file, trained by one command."""
