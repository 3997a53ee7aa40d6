"""The append-only record: hash chain, Merkle tree, signed checkpoints. Knows no other app."""
