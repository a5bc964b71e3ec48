"""What is known of a customer, on its page: shown, and changed by hand."""
