"""Who of a customer uses the product, its people and its software: asked of the column store, nothing is stored."""
