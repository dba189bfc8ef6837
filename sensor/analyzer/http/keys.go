package http

import "bytes"

// keyLength is that of an AWS access key's id: four letters that tell its kind, and sixteen of base 32.
const keyLength = 20

// awsKeys notes the access keys of AWS in a body. The id is masked; of a secret only that it is there is said.
func (x *exchange) awsKeys(b []byte) (secret bool) {
	from := 0
	for {
		i := indexKey(b[from:])
		if i < 0 {
			break
		}
		at := from + i
		from = at + 4
		if !isKey(b, at) {
			continue
		}
		id := b[at : at+keyLength]
		x.rec.AWSKeys = addMark(x.rec.AWSKeys, string(id[:4])+"************"+string(id[keyLength-4:]))
	}
	return len(x.rec.AWSKeys) > 0 && (indexFold(b, "secretaccesskey") >= 0 || indexFold(b, "aws_secret") >= 0 || indexFold(b, "secret_access_key") >= 0)
}

// indexKey finds "AKIA", of a user's key, or "ASIA", of a session's.
func indexKey(b []byte) int {
	i, j := bytes.Index(b, []byte("AKIA")), bytes.Index(b, []byte("ASIA"))
	if i < 0 || j >= 0 && j < i {
		return j
	}
	return i
}

func isKey(b []byte, at int) bool {
	if at+keyLength > len(b) || at > 0 && isWord(b[at-1]) || at+keyLength < len(b) && isWord(b[at+keyLength]) {
		return false
	}
	for _, c := range b[at+4 : at+keyLength] {
		if (c < 'A' || c > 'Z') && !isDigit(c) {
			return false
		}
	}
	return true
}

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }
