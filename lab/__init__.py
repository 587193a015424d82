"""Train small networks on normlib's operators, and put the talk's claims to the test."""
