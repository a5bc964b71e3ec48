"""What is told to those who look at no page: messages, where they go, the worker that sends them (docs/messages.md)."""
