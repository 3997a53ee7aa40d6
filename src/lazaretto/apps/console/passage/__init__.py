"""The pages of passage: the gate, permits, holds, who is inside, restrictions, goods and food."""
