ALTER TABLE "tidemark"."source" ADD COLUMN "budget" jsonb;--> statement-breakpoint
ALTER TABLE "tidemark"."sync_run" ADD COLUMN "throttles" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tidemark"."sync_scope" ADD COLUMN "throttles" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tidemark"."sync_scope" ADD COLUMN "cost" numeric;