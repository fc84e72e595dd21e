"""How predictions are told and shown: a class for each kind."""
