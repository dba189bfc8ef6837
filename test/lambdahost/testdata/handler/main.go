// Command handler is the function that the host's own test runs. What comes in is a wish; what goes out is its fulfilment.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type wish struct {
	Do   string `json:"do"`
	Size int    `json:"size"`
}

type told struct {
	Calls   int      `json:"calls"`
	Pid     int      `json:"pid"`
	Request string   `json:"request"`
	ARN     string   `json:"arn"`
	Left    int64    `json:"left_ms"`
	Trace   string   `json:"trace"`
	Env     []string `json:"env"`
	Filler  string   `json:"filler"`
}

func main() {
	switch os.Getenv("AT_START") {
	case "exit":
		os.Exit(3)
	case "sleep":
		time.Sleep(time.Minute)
	}
	calls := 0
	lambda.Start(func(ctx context.Context, w wish) (*told, error) {
		calls++
		switch w.Do {
		case "fail":
			return nil, errors.New("the disk is on holiday")
		case "panic":
			panic("no way out")
		case "exit":
			fmt.Fprintln(os.Stderr, "last words")
			os.Exit(7)
		case "sleep":
			time.Sleep(time.Minute)
		}
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return &told{
			Calls: calls, Pid: os.Getpid(), Request: lc.AwsRequestID, ARN: lc.InvokedFunctionArn,
			Left: time.Until(deadline).Milliseconds(), Trace: os.Getenv("_X_AMZN_TRACE_ID"), Env: os.Environ(),
			Filler: strings.Repeat("x", w.Size),
		}, nil
	})
}
