// Command main is the bootstrap of lambdas/mirror: it reads the environment and hands the function to Lambda. It never does anything of
// its own.
package main

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/function"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	env, err := deploy.MirrorFromEnv(os.Getenv)
	exitOn(log, err)
	conf, err := config.LoadDefaultConfig(context.Background())
	exitOn(log, err)
	h, err := function.New(function.Options{
		Env: env, Config: conf, Function: os.Getenv("AWS_LAMBDA_FUNCTION_NAME"),
		Holder: cmp.Or(os.Getenv("AWS_LAMBDA_LOG_STREAM_NAME"), "lambda"), Now: time.Now, Log: log, Metrics: os.Stdout,
	})
	exitOn(log, err)
	lambda.Start(h.Handle)
}

func exitOn(log *slog.Logger, err error) {
	if err != nil {
		log.Error("cannot start", "error", err)
		os.Exit(1)
	}
}
