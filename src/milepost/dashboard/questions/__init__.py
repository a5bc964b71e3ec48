"""The pages of the questions: an address is read into a question, asked, and shown as sentence, chart and table."""
