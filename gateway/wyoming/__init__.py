"""A Wyoming server: the same services for set-ups that speak nothing else. The protocol knows no protection at all."""
