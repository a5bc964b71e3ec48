"""What is likely to come: features as of a day, models that have to beat the simplest guess, predictions."""
