"""Texts without models: lossless documents, sentence boundaries, language evidence and boilerplate lines."""
