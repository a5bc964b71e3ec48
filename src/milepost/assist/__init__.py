"""Assistants: a Model Context Protocol server, each of whose tools is one request to the server's own HTTP API."""
