package signin

import (
	"crypto/subtle"
	"fmt"
	"net/http"
)

// HeaderCSRF is the header that carries a session's token with every change.
const HeaderCSRF = "X-CSRF-Token"

// checkCrossSite refuses a change that another site's page may have sent with our cookie: its origin must be ours, and it must carry
// the token that only our pages can read. Programs with a key send no cookie and need neither.
func checkCrossSite(r *http.Request, p Principal) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return fmt.Errorf("%w: the request comes from another site", ErrForbidden)
	}
	if got := r.Header.Get(HeaderCSRF); p.CSRF == "" || subtle.ConstantTimeCompare([]byte(got), []byte(p.CSRF)) != 1 {
		return fmt.Errorf("%w: %s is not the token that /v1/me gives", ErrForbidden, HeaderCSRF)
	}
	return nil
}
