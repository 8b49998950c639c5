import { useEffect } from "react";

interface Props {
  title: string;
}

export const Header = ({ title }: Props) => {
  useEffect(() => {
    document.title = 
  }, [title]);
  return <h1 className=>{title}</h1>;
};

export function Page() {
  return (
    <main>
      <Header title="Home" />
      <section>
    </main>
  );
}
