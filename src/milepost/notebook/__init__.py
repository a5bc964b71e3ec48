"""A Milepost server from Python: `milepost.connect(url, key)`. It needs `pip install "milepost[notebook]"`."""
