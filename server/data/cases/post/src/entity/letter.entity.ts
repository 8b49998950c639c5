import {
  Column, CreateDateColumn, Entity, Index, JoinColumn, JoinTable, ManyToMany, ManyToOne,
  OneToMany, PrimaryColumn, PrimaryGeneratedColumn, Unique,
} from 'typeorm';

export enum State {
  Draft = 'draft',
  Sent = 'sent',
}

export abstract class Stored {
  @PrimaryGeneratedColumn('uuid')
  id: string;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;
}

export class Address {
  @Column({ length: 100 })
  street: string;

  @Column({ name: 'postcode', nullable: true })
  code?: string;
}

@Entity('people')
@Unique(['mail'])
export class Person extends Stored {
  @Column({ type: 'varchar', length: 200, comment: 'in lower case' })
  mail!: string;

  @Column(() => Address)
  home: Address;

  @OneToMany(() => Letter, (letter) => letter.sender)
  sent: Letter[];

  async greet(name: string = 'you'): Promise<string> {
    return `Dear ${name}`;
  }
}

@Entity({ name: 'letters', schema: 'mail' })
@Index('by_state', ['state', 'weight'])
export class Letter extends Stored {
  @Column({ type: 'enum', enum: State, default: State.Draft })
  state: State;

  @Column('decimal', { precision: 6, scale: 1, default: 0 })
  weight: number;

  @ManyToOne(() => Person, (person) => person.sent, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'sender_id' })
  sender: Person;

  @ManyToMany(() => Person)
  @JoinTable({ name: 'letter_readers', joinColumn: { name: 'letter_id' }, inverseJoinColumn: { name: 'person_id' } })
  readers: Person[];

  @Column({ type: 'jsonb', nullable: true })
  meta: Record<string, unknown> | null;
}

@Entity()
export class PostCode {
  @PrimaryColumn({ length: 10 })
  code: string;

  @Column()
  isOpen: boolean;
}
