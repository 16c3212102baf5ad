"""Inference: the protocols the service programs against (`base`) and their CTranslate2 implementation (`ct2`)."""
