package wire

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Bounds of Parameter Store: how many parameters an account has by default, and how much an advanced one holds.
const (
	maxParameters = 10_000
	maxParameter  = 8 << 10
)

type parameterName struct{ account, region, name string }

type parameter struct {
	value    string
	version  int64
	modified time.Time
}

// SetParameter makes a parameter of Parameter Store what value says.
func (s *Server) SetParameter(account, region, name, value string) error {
	if name == "" || len(name) > 1011 || value == "" || len(value) > maxParameter {
		return fmt.Errorf("set parameter %.80q: the name has %d characters and the value %d; 1 to 1011 and 1 to %d are allowed", name, len(name), len(value), maxParameter)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := parameterName{account, region, name}
	was, there := s.parameters[key]
	if !there && len(s.parameters) >= maxParameters {
		return fmt.Errorf("set parameter %.80q: there are %d, and more are not kept", name, maxParameters)
	}
	s.parameters[key] = parameter{value: value, version: was.version + 1, modified: s.o.Now()}
	return nil
}

// serveParameters is Parameter Store: JSON, with the call in a header.
func (s *Server) serveParameters(w http.ResponseWriter, r *http.Request, c *call) {
	body, err := readBody(w, r)
	if err != nil {
		refuseJSON(w, err)
		return
	}
	if target := r.Header.Get("X-Amz-Target"); target != "AmazonSSM.GetParameter" || r.Method != http.MethodPost {
		refuseJSON(w, fault("UnknownOperationException", "There is no call %.80q here.", target))
		return
	}
	out, err := handJSON(c, body, getParameter)
	answerJSON(w, out, err)
}

type parameterQuery struct {
	Name    string `json:"Name"`
	Decrypt bool   `json:"WithDecryption"`
}

func getParameter(c *call, in parameterQuery) (any, error) {
	if in.Name == "" {
		return nil, fault("ValidationException", "Name is missing")
	}
	prefix := "arn:aws:ssm:" + c.region + ":" + c.who.Account + ":parameter"
	name := in.Name
	if rest, ok := strings.CutPrefix(name, prefix); ok {
		name = rest
	}
	s := c.server
	s.mu.Lock()
	p, ok := s.parameters[parameterName{c.who.Account, c.region, name}]
	s.mu.Unlock()
	if !ok {
		return nil, &ec2api.Error{Code: "ParameterNotFound", Message: "There is no such parameter.", Status: http.StatusBadRequest}
	}
	return map[string]any{"Parameter": map[string]any{
		"Name": name, "Type": "String", "DataType": "text", "Value": p.value, "Version": p.version,
		"ARN": prefix + "/" + strings.TrimPrefix(name, "/"), "LastModifiedDate": float64(p.modified.UnixMilli()) / 1000,
	}}, nil
}
