"""Imported first: the library `tokenizers`, whose name a file in this folder has too."""
import pathlib
import sys

HERE = str(pathlib.Path(__file__).parent)
sys.path = [folder for folder in sys.path if folder != HERE]
import tokenizers  # noqa: E402,F401

sys.path.insert(0, HERE)
