"""What every ClipNet process shares and nothing of the domain."""
