package sdk

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// headBytes are looked at of an answer. AWS's name of it stands in the first hundred.
const headBytes = 1 << 10

// holdAnswers makes the client refuse a success that is not the answer to what was asked. Left to itself it takes an empty body, or the
// page of a proxy, for an empty list: and a list without interfaces or sessions is one that has sessions deleted.
func holdAnswers(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("HoldAnswer", holdAnswer), middleware.After)
}

func holdAnswer(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || response.StatusCode >= 300 {
		return out, metadata, err
	}
	body := bufio.NewReaderSize(response.Body, headBytes)
	head, broken := body.Peek(headBytes)
	response.Body = struct {
		io.Reader
		io.Closer
	}{body, response.Body}
	if broken != nil && !errors.Is(broken, io.EOF) {
		return out, metadata, fmt.Errorf("read answer: %w", broken)
	}
	begin := []byte("{")
	if request, ok := in.Request.(*smithyhttp.Request); ok && request.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		begin = []byte("<" + awsmiddleware.GetOperationName(ctx) + "Response") // the Query protocol answers in XML
	}
	if !bytes.Contains(head, begin) {
		return out, metadata, fmt.Errorf("read answer: it is not AWS's: want %s, it begins %.80q", begin, head)
	}
	return out, metadata, nil
}
