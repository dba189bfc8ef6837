package dynamo

import (
	lambda "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// RecordOf gives a record of the Streams API the shape in which Lambda hands it to a function.
func RecordOf(r streams.Record) lambda.DynamoDBEventRecord {
	return lambda.DynamoDBEventRecord{
		EventID: aws.ToString(r.EventID), EventName: string(r.EventName), AWSRegion: aws.ToString(r.AwsRegion),
		Change: lambda.DynamoDBStreamRecord{
			Keys: imageIn(r.Dynamodb.Keys), NewImage: imageIn(r.Dynamodb.NewImage), OldImage: imageIn(r.Dynamodb.OldImage),
			SequenceNumber: aws.ToString(r.Dynamodb.SequenceNumber),
		},
	}
}

// imageIn takes over the types that the table has; there are no others.
func imageIn(image map[string]streams.AttributeValue) map[string]lambda.DynamoDBAttributeValue {
	if image == nil {
		return nil
	}
	out := make(map[string]lambda.DynamoDBAttributeValue, len(image))
	for name, v := range image {
		switch v := v.(type) {
		case *streams.AttributeValueMemberS:
			out[name] = lambda.NewStringAttribute(v.Value)
		case *streams.AttributeValueMemberN:
			out[name] = lambda.NewNumberAttribute(v.Value)
		case *streams.AttributeValueMemberB:
			out[name] = lambda.NewBinaryAttribute(v.Value)
		}
	}
	return out
}
