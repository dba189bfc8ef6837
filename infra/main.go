// Package main is the infrastructure of Mirrorwatch as an application of the CDK. What comes in is the context of cdk.json and of -c; what
// goes out is templates of CloudFormation and what they deploy. It never calls AWS: whoever runs cdk does.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"
)

func main() {
	err := synth()
	jsii.Close()
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(os.Stderr, "infra:", line)
		}
		os.Exit(1)
	}
}

// synth writes the templates of everything that the settings ask for.
func synth() error {
	app := awscdk.NewApp(nil)
	given, _ := app.Node().GetAllContext(nil).(map[string]any)
	s, err := settings.Read(given, os.Getenv)
	if err != nil {
		return err
	}
	code := code{ctx: context.Background(), root: ".", out: "build", told: func(name string) { fmt.Fprintln(os.Stderr, "building", name) }}
	switch given["packages"] {
	case nil:
	case "none":
		code.out = ""
	default:
		return fmt.Errorf("context packages: is %v; allowed: none, which builds no programs, or nothing", given["packages"])
	}
	if err := build(app, s, code); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}
