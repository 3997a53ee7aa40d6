"""The pages of the gate: today's visits, one visit, approvals, restrictions, refusals, findings, who is inside."""
