"""The pages of procedures: chains of the protocol that pass no gate, and the work that one of them resumes."""
