package access

import "slices"

// Role is what an account may do.
type Role string

// The roles there are.
const (
	// Admin looks after the station: accounts, keys, everything an editor may.
	Admin Role = "admin"
	// Editor looks after the programmes.
	Editor Role = "editor"
)

// Roles are all roles.
func Roles() []Role { return []Role{Admin, Editor} }

// Known says whether there is such a role.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// May says whether the role is enough where one of allowed is needed; an administrator may do everything,
// and where none is named every role there is will do.
func (r Role) May(allowed ...Role) bool {
	if !r.Known() {
		return false
	}
	return r == Admin || len(allowed) == 0 || slices.Contains(allowed, r)
}
