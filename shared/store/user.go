package store

import "time"

// Role is what somebody may do.
type Role string

// The roles, each with what those before it may.
const (
	RoleViewer  Role = "viewer"  // read everything but packets, users, keys and the audit log
	RoleAnalyst Role = "analyst" // triage and tuning
	RoleAdmin   Role = "admin"   // users, keys, notifications, the audit log
)

// Roles lists every role, least first.
func Roles() []Role { return []Role{RoleViewer, RoleAnalyst, RoleAdmin} }

// User is somebody who signs in with a password. Its document's id is the name in lower case.
type User struct {
	Name         string     `json:"name"`
	FullName     string     `json:"full_name,omitempty"`
	Role         Role       `json:"role"`
	Packets      bool       `json:"packets"` // may read packets: a right of its own
	Disabled     bool       `json:"disabled,omitempty"`
	PasswordHash string     `json:"password_hash,omitempty"` // argon2id, in the form of its reference implementation
	MustChange   bool       `json:"must_change,omitempty"`   // may do nothing but set a new password
	Changed      time.Time  `json:"password_changed"`
	Failures     int        `json:"failures,omitempty"` // log-ins that failed since the last that did not
	LockedUntil  *time.Time `json:"locked_until,omitempty"`
	LastLogin    *time.Time `json:"last_login,omitempty"`
}

// APIKey lets a program in. Its document's id is the part of the key that is no secret.
type APIKey struct {
	Name      string     `json:"name"`
	Role      Role       `json:"role"`
	Packets   bool       `json:"packets"`
	Hash      string     `json:"hash"` // SHA-256 of the secret part, hexadecimal: it has 256 bits, so that nobody can guess it
	Owner     string     `json:"owner"`
	LastUsed  *time.Time `json:"last_used,omitempty"` // to the hour
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// Session is a log-in that lasts. Its document's id is the SHA-256 of the cookie, hexadecimal, and the document expires with it.
type Session struct {
	User    string    `json:"user"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"` // to the minute
	Address string    `json:"address,omitempty"`
	Agent   string    `json:"agent,omitempty"`
	CSRF    string    `json:"csrf"` // what a change must carry in a header
}
