package feed

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestOpenError(t *testing.T) {
	e := &OpenError{Object: "s3://b/k", Obstacle: Denied, Code: "AccessDenied", Message: "not\n" + strings.Repeat("x", 500), Cause: io.EOF}
	if text := e.Error(); text != `open s3://b/k: denied: AccessDenied: not\n`+strings.Repeat("x", 116)+"..." || !errors.Is(e, io.EOF) {
		t.Error(text)
	}
	for why, again := range map[Obstacle]bool{
		Missing: false, Denied: false, Sealed: false, Archived: false, Large: false, Throttled: true, Unreachable: true, Broken: true, Refused: false,
	} {
		if (&OpenError{Obstacle: why}).Again() != again {
			t.Errorf("%s", why)
		}
	}
}
