package region

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/cfn"
)

// answerPath is where custom resources send their answers: in AWS an address of S3 that was signed beforehand.
const answerPath = "/cloudformation-custom-resource-response/"

// Resource has a function be told of its custom resource, as CloudFormation does when a stack is made, changed or deleted, and waits for
// the answer.
func (r *Region) Resource(ctx context.Context, f *Function, kind cfn.RequestType, stack string) (cfn.Response, error) {
	id := newID()
	event, err := json.Marshal(cfn.Event{
		RequestType: kind, RequestID: id, ResponseURL: r.url + answerPath + id + "?X-Amz-Signature=not-verified", ResourceType: "Custom::MirrorwatchTeardown",
		PhysicalResourceID: stack + "-Teardown", LogicalResourceID: "Teardown", StackID: r.ARN("cloudformation", "stack/"+stack+"/"+id),
		ResourceProperties: map[string]any{"ServiceTimeout": "3600"},
	})
	if err != nil {
		return cfn.Response{}, err
	}
	answer := make(chan cfn.Response, 1)
	r.mu.Lock()
	r.answers[id] = answer
	r.mu.Unlock()
	r.spawn(func() { f.Async(event) })
	select {
	case a := <-answer:
		return a, nil
	case <-ctx.Done():
		return cfn.Response{}, ctx.Err()
	}
}

// takeAnswer takes the one answer to a request.
func (r *Region) takeAnswer(w http.ResponseWriter, in *http.Request) {
	b, ok := body(w, in)
	if !ok {
		return
	}
	id := strings.TrimPrefix(in.URL.Path, answerPath)
	r.mu.Lock()
	answer := r.answers[id]
	delete(r.answers, id)
	r.mu.Unlock()
	var a cfn.Response
	if err := json.Unmarshal(b, &a); err != nil || answer == nil || in.Method != http.MethodPut || a.RequestID != id {
		r.fault("CloudFormation does not understand %s %s: %.300s", in.Method, in.URL.Path, b)
		http.Error(w, "", http.StatusForbidden)
		return
	}
	answer <- a
}
