"""What is in a file that nobody has described? Guesses, each with how sure it is and why; nothing is read twice.

A guess is never applied silently: `draft` writes it into a config with its reason, and reads the whole file by it
before it says that it works.
"""

from geo_safety.recognition.guess import Guess, Sample
from geo_safety.recognition.tables import TableGuess, recognise_table

__all__ = ["Guess", "Sample", "TableGuess", "recognise_table"]
