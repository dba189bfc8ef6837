package ssh

import "github.com/mirrorwatch/mirrorwatch/sensor/flow"

// endTurn makes of the server's turn an answer.
func (a *auth) endTurn() {
	a.turns++
	size := a.size()
	if a.turns == 1 {
		// A client that does not wait (dropbear) has both its service request and its first real one answered here.
		a.asked -= a.client.size(acceptPayload)
		if !a.accepted {
			size -= a.server.size(acceptPayload)
		}
		a.accepted = true
		if a.asked <= 0 || size < a.server.size(successPayload) || !a.mayBeFailure(size) {
			return // SERVICE_ACCEPT alone
		}
	}
	a.reply(size)
}

// size is how long the server's answer was: its last packet, where packets can be told apart, as what comes before it in a turn
// is a banner or EXT_INFO (RFC 8308); else all of the turn.
func (a *auth) size() int {
	if a.apart {
		return a.last
	}
	return a.answered
}

// mayBeFailure says whether an answer is short enough for a USERAUTH_FAILURE.
func (a *auth) mayBeFailure(size int) bool { return size <= a.server.size(maxFailurePayload) }

// reply counts one answer to a request for authentication.
func (a *auth) reply(size int) {
	if size == a.server.size(successPayload) {
		a.success = true
		return
	}
	short := a.mayBeFailure(size)
	a.answers++
	if a.answers == 1 {
		a.first, a.firstFail = a.asked, short
		if short {
			a.failure = size
		}
		return
	}
	if a.shortest == 0 || a.asked < a.shortest {
		a.shortest = a.asked
	}
	// A first answer longer than the second had a banner in front of it.
	if short && (a.failure == 0 || a.failures == 0 && size < a.failure) {
		a.failure = size
	}
	if size == a.failure {
		a.failures++
	}
}

// end reckons with the answer that nothing followed. At the limit of attempts a server sends DISCONNECT in place of a failure.
func (a *auth) end() {
	if a.turn != flow.Resp || a.success {
		return
	}
	answers, failures := a.answers, a.failures
	a.endTurn()
	if a.answers > answers && answers > 0 && a.failures == failures && !a.success && a.mayBeFailure(a.size()) {
		a.failures++
	}
}

// attempts is how often authentication was tried, successfully or not. The question what methods there are is no attempt.
func (a *auth) attempts() uint32 {
	n := a.failures
	if a.firstFail && !a.firstIsNone() {
		n++
	}
	if a.success {
		n++
	}
	return n
}

// firstIsNone says whether the first request was of the method "none": it is shorter than all that come after it, or where none
// came, too short to hold a password.
func (a *auth) firstIsNone() bool {
	return a.first <= a.client.size(maxNonePayload) || a.first < a.shortest
}

// result says how authentication went, where that is known.
func (a *auth) result() (success, known bool) {
	switch {
	case a.success:
		return true, true
	case a.lost, !a.ready:
		return false, false
	}
	return false, a.attempts() > 0
}
