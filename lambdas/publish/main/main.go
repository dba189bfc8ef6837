// Command main is the bootstrap of lambdas/publish: it reads the environment, makes the client and hands the function to Lambda. It
// never does anything of its own.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	aws "github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/mirrorwatch/mirrorwatch/lambdas/publish"
	"github.com/mirrorwatch/mirrorwatch/shared/bus/eventbridge"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	env, err := deploy.PublishFromEnv(os.Getenv)
	exitOn(log, err)
	conf, err := config.LoadDefaultConfig(context.Background())
	exitOn(log, err)
	to := eventbridge.New(eventbridge.Options{Client: aws.NewFromConfig(conf), Bus: env.Bus})
	f, err := publish.New(publish.Options{Publisher: to, Log: log})
	exitOn(log, err)
	lambda.Start(f.Handle)
}

func exitOn(log *slog.Logger, err error) {
	if err != nil {
		log.Error("cannot start", "error", err)
		os.Exit(1)
	}
}
