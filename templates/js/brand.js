// A script of one's own: a file of this name in the spec's templates folder is read here.
