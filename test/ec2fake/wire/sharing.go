package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// serveSharing is AWS RAM: REST paths, JSON inside.
func (s *Server) serveSharing(w http.ResponseWriter, r *http.Request, c *call) {
	body, err := readBody(w, r)
	if err != nil {
		refuseJSON(w, err)
		return
	}
	var out any
	switch r.Method + " " + r.URL.Path {
	case "POST /getresourceshares":
		out, err = handJSON(c, body, getShares)
	case "POST /getresourceshareassociations":
		out, err = handJSON(c, body, getAssociations)
	case "POST /createresourceshare":
		out, err = handJSON(c, body, createShare)
	case "POST /associateresourceshare":
		out, err = handJSON(c, body, changeShare("ASSOCIATED", ec2api.Sharing.AssociateResourceShare))
	case "POST /disassociateresourceshare":
		out, err = handJSON(c, body, changeShare("DISASSOCIATED", ec2api.Sharing.DisassociateResourceShare))
	case "DELETE /deleteresourceshare":
		out, err = deleteShare(c, r.URL.Query().Get("resourceShareArn"))
	case "POST /getresourceshareinvitations":
		out, err = handJSON(c, body, getInvitations)
	case "POST /acceptresourceshareinvitation":
		out, err = handJSON(c, body, acceptInvitation)
	default:
		err = &ec2api.Error{Code: "UnknownOperationException", Message: "There is no such call here.", Status: http.StatusNotFound}
	}
	answerJSON(w, out, err)
}

// handJSON reads a request strictly and hands it on.
func handJSON[T any](c *call, body []byte, do func(*call, T) (any, error)) (any, error) {
	var in T
	if len(bytes.TrimSpace(body)) > 0 {
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil {
			return nil, fault("InvalidParameterException", "The request cannot be read: %v", err)
		}
	}
	return do(c, in)
}

func answerJSON(w http.ResponseWriter, out any, err error) {
	if err != nil {
		refuseJSON(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // who asked has gone, if this fails
}

// refuseJSON answers with an error in the form of the JSON protocols, both of which read the code from the header or the body.
func refuseJSON(w http.ResponseWriter, err error) {
	e := asAWS(err)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("x-amzn-ErrorType", e.Code)
	w.WriteHeader(e.Status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": e.Code, "message": e.Message}) // as above
}

type jsonTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// shareShape is a share as RAM gives it. Times are left out: the contract has none.
type shareShape struct {
	ARN      string `json:"resourceShareArn"`
	Name     string `json:"name"`
	Owner    string `json:"owningAccountId"`
	External bool   `json:"allowExternalPrincipals"`
	Status   string `json:"status"`

	Tags []jsonTag `json:"tags,omitempty"`
}

func showShare(s ec2api.ResourceShare) shareShape {
	shape := shareShape{ARN: s.ARN, Name: s.Name, Owner: s.Owner, External: s.External, Status: s.Status}
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		shape.Tags = append(shape.Tags, jsonTag{key, s.Tags[key]})
	}
	return shape
}

type shareQuery struct {
	Owner  string   `json:"resourceOwner"`
	Name   string   `json:"name"`
	Status string   `json:"resourceShareStatus"`
	ARNs   []string `json:"resourceShareArns"`
	Next   string   `json:"nextToken"`
	Most   int      `json:"maxResults"`
}

func getShares(c *call, in shareQuery) (any, error) {
	if in.Owner != "SELF" && in.Owner != "OTHER-ACCOUNTS" {
		return nil, fault("InvalidParameterException", "resourceOwner %.40q is not SELF or OTHER-ACCOUNTS", in.Owner)
	}
	all, err := c.account.Sharing.GetResourceShares(c.ctx, in.Owner, in.Name)
	if err != nil {
		return nil, err
	}
	kept := []shareShape{}
	for _, s := range all {
		if (in.Status == "" || s.Status == in.Status) && (len(in.ARNs) == 0 || slices.Contains(in.ARNs, s.ARN)) {
			kept = append(kept, showShare(s))
		}
	}
	return pageJSON("resourceShares", kept, in.Next, in.Most)
}

func pageJSON[T any](name string, all []T, token string, most int) (any, error) {
	page, next, err := slicePage(all, token, most)
	if err != nil {
		return nil, fault("InvalidNextTokenException", "The nextToken is not one that was given")
	}
	out := map[string]any{name: page}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}

// associationShape is one resource or principal of a share.
type associationShape struct {
	Share  string `json:"resourceShareArn"`
	Name   string `json:"resourceShareName,omitempty"`
	Entity string `json:"associatedEntity"`
	Type   string `json:"associationType"` // PRINCIPAL, RESOURCE
	Status string `json:"status"`
}

type associationQuery struct {
	Type      string   `json:"associationType"`
	ARNs      []string `json:"resourceShareArns"`
	Resource  string   `json:"resourceArn"`
	Principal string   `json:"principal"`
	Status    string   `json:"associationStatus"`
	Next      string   `json:"nextToken"`
	Most      int      `json:"maxResults"`
}

// getAssociations says what is in the shares that this account owns.
func getAssociations(c *call, in associationQuery) (any, error) {
	if in.Type != "PRINCIPAL" && in.Type != "RESOURCE" {
		return nil, fault("InvalidParameterException", "associationType %.40q is not PRINCIPAL or RESOURCE", in.Type)
	}
	shares, err := c.account.Sharing.GetResourceShares(c.ctx, "SELF", "")
	if err != nil {
		return nil, err
	}
	kept := []associationShape{}
	for _, s := range shares {
		entities, only := s.Principals, in.Principal
		if in.Type == "RESOURCE" {
			entities, only = s.Resources, in.Resource
		}
		if len(in.ARNs) > 0 && !slices.Contains(in.ARNs, s.ARN) || in.Status != "" && in.Status != "ASSOCIATED" {
			continue
		}
		for _, entity := range entities {
			if only == "" || entity == only {
				kept = append(kept, associationShape{Share: s.ARN, Name: s.Name, Entity: entity, Type: in.Type, Status: "ASSOCIATED"})
			}
		}
	}
	return pageJSON("resourceShareAssociations", kept, in.Next, in.Most)
}

type newShare struct {
	Name       string    `json:"name"`
	Resources  []string  `json:"resourceArns"`
	Principals []string  `json:"principals"`
	Tags       []jsonTag `json:"tags"`
	External   *bool     `json:"allowExternalPrincipals"` // true where it is not given
	Token      string    `json:"clientToken"`
}

func createShare(c *call, in newShare) (any, error) {
	tags := map[string]string{}
	for _, t := range in.Tags {
		tags[t.Key] = t.Value
	}
	made, err := c.account.Sharing.CreateResourceShare(c.ctx, ec2api.CreateResourceShare{
		Name: in.Name, Resources: in.Resources, Principals: in.Principals, External: in.External == nil || *in.External, Tags: tags, ClientToken: in.Token,
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"resourceShare": showShare(made), "clientToken": in.Token}, nil
}
