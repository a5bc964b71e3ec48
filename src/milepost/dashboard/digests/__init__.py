"""The weekly mail on the pages: looked at before it is sent, asked for, ended."""
