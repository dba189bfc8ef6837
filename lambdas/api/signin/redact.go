package signin

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func isAdmin(u store.User) bool { return u.Role == store.RoleAdmin && !u.Disabled }

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// checkName keeps names that other actors of the audit log have, and letters that look like others, from being a user's.
func checkName(name string) error {
	ok, _ := regexp.MatchString(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$`, name)
	if !ok || userID(name) == "system" || userID(name) == "unknown" {
		return &store.Invalid{Field: "name", Value: printable(name, 80), Allowed: "1 to 64 of A-Z a-z 0-9 . _ @ + -, beginning with a letter or digit, and not system or unknown"}
	}
	return nil
}

func checkUser(u store.User) error {
	if rank(u.Role) == 0 {
		return &store.Invalid{Field: "role", Value: printable(string(u.Role), 80), Allowed: "one of viewer, analyst, admin"}
	}
	if len(u.FullName) > maxFullName || printable(u.FullName, maxFullName) != u.FullName {
		return &store.Invalid{Field: "full_name", Value: printable(u.FullName, 80), Allowed: fmt.Sprintf("at most %d bytes of printable text", maxFullName)}
	}
	return nil
}

func hideUser(u store.Item[store.User]) store.Item[store.User] {
	u.Value.PasswordHash = ""
	return u
}

// redactUser is a user as the audit log may have it.
func redactUser(u store.User) json.RawMessage {
	u.PasswordHash = ""
	return redact(u)
}

// redact encodes what holds no secret any more.
func redact(v any) json.RawMessage {
	b, _ := json.Marshal(v) // structs of text, numbers and times always have a JSON form
	return b
}

func entry(by store.Actor, action, target string, before, after json.RawMessage) *store.AuditEntry {
	return &store.AuditEntry{Actor: by.Name, Address: by.Address, Action: action, Target: target, Before: before, After: after}
}
