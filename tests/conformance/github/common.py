"""What the tests share."""

MEMBERSHIP = "github:index/teamMembership:TeamMembership"
TEAM = "github:index/team:Team"
NOBODY = "999999"  # an id that nothing has
