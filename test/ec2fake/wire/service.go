package wire

import "github.com/mirrorwatch/mirrorwatch/shared/ec2api"

// service is one of AWS's services that speak the Query protocol.
type service struct {
	version    string
	namespace  string
	wrapped    bool   // results and errors are in an element of their own; only EC2 has them bare
	validation string // what it calls a parameter that is missing or wrong; "": EC2's own codes
	actions    map[string]action
}

// action answers one call.
type action func(*call) ([]element, error)

// asks makes an action of its two halves: what is read of the parameters, and what is done then. Nothing is done of a request that has
// a parameter missing, wrong or unknown.
func asks[T any](read func(*params) T, do func(*call, T) ([]element, error)) action {
	return func(c *call) ([]element, error) {
		in := read(c.p)
		if err := c.p.finish(); err != nil {
			return nil, err
		}
		return do(c, in)
	}
}

// run finds the action and does it.
func (s service) run(c *call) ([]element, error) {
	name, version := c.p.text("Action"), c.p.text("Version")
	switch {
	case name == "":
		return nil, fault("MissingAction", "The request is missing an action or a required parameter.")
	case version == "":
		return nil, fault(ec2api.CodeMissingParameter, "The request must contain the parameter Version")
	case version != s.version:
		return nil, fault("NoSuchVersion", "The requested version (%.40s) does not exist; it is %s.", version, s.version)
	}
	do := s.actions[name]
	if do == nil {
		return nil, fault(ec2api.CodeInvalidAction, "The action %.80s is not valid for this web service.", name)
	}
	return do(c)
}
