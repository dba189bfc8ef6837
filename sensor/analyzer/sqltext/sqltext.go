// Package sqltext looks at the text of SQL statements, for the analyzers of all databases. What comes in is bytes of a query that may be cut
// short or hostile; what goes out is slices of them, or a yes or no. It never parses SQL, and keeps nothing.
package sqltext

import "bytes"

// Discreet cuts a query where a password, or a key, would follow.
func Discreet(query []byte) []byte {
	upper := capitals(query)
	for _, word := range [...]string{"IDENTIFIED", "PASSWORD", "AES_ENCRYPT", "AES_DECRYPT", "PGP_SYM_", "CRYPT(", "SECRET", "PASSPHRASE", "PWDENCRYPT", "PWDCOMPARE"} {
		if at := bytes.Index(upper, []byte(word)); at >= 0 {
			query, upper = query[:at+len(word)], upper[:at+len(word)]
		}
	}
	return query
}

// capitals gives the letters of ASCII as capitals, and leaves every byte where it is: a place found in it is a place of b, whatever is in b.
func capitals(b []byte) []byte {
	upper := make([]byte, len(b))
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	return upper
}

// maxWord is longer than the first word of any statement, and a byte to end it.
const maxWord = 12

// Begins says whether a text begins as a statement does.
func Begins(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	b = b[:min(len(b), maxWord)]
	if end := bytes.IndexAny(b, " \t\r\n;"); end >= 0 {
		b = b[:end]
	}
	switch string(bytes.ToUpper(b)) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "SHOW", "SET", "CREATE", "DROP", "ALTER", "USE", "BEGIN", "COMMIT", "REPLACE", "CALL", "GRANT", "FLUSH",
		"COPY", "WITH", "ROLLBACK", "EXEC", "EXECUTE", "DECLARE", "IF", "TRUNCATE", "VACUUM", "ANALYZE", "EXPLAIN", "LISTEN", "DISCARD", "LOCK", "MERGE":
		return true
	}
	return false
}
