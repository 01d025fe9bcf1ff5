"""What keeps the server shut: passwords, cookies, limits, headers, certificates."""
