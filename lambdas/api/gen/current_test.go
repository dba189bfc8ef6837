package gen

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// TestSealed fails where the contract, the generator's configuration or the generated code was changed without the others.
func TestSealed(t *testing.T) {
	h := sha256.New()
	for _, name := range []string{"../openapi.yaml", "config.yaml", "api.gen.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(b)
	}
	want, err := os.ReadFile("seal.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != strings.TrimSpace(string(want)) {
		t.Errorf("openapi.yaml, config.yaml and api.gen.go do not belong together; run `go generate ./lambdas/api/gen`")
	}
}
