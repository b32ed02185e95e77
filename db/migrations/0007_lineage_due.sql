ALTER TABLE "tidemark"."source" ADD COLUMN "lineage_due" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "tidemark"."source" ADD COLUMN "lineage_version" integer;