"""What composes everything: the one place of this room that knows the others."""
