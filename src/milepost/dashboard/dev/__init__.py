"""What only those see who develop the pages: served where MILEPOST_DEVELOPMENT says so."""
