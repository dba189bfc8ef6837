// Command main is the bootstrap of lambdas/api: it hands the handler to Lambda, or to a server on the loopback, and never does more.
package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	functions "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/function"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gateway"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	env, err := deploy.APIFromEnv(os.Getenv)
	exitOn(log, err)
	conf, err := config.LoadDefaultConfig(context.Background())
	exitOn(log, err)
	h, err := function.New(function.Options{
		Env: env, Table: dynamodb.NewFromConfig(conf), Athena: athena.NewFromConfig(conf), SNS: sns.NewFromConfig(conf),
		Lambda: functions.NewFromConfig(conf), Region: conf.Region, Now: time.Now, Log: log,
	})
	exitOn(log, err)
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		lambda.Start(gateway.Handle(h))
	}
	exitOn(log, (&http.Server{Addr: "127.0.0.1:8080", Handler: h, ReadHeaderTimeout: 5 * time.Second}).ListenAndServe())
}

func exitOn(log *slog.Logger, err error) {
	if err != nil {
		log.Error("cannot start", "error", err)
		os.Exit(1)
	}
}
